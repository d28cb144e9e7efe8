import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import { NecoCommand } from './neco-command.ts';

/** `neco setup-secret` */
export class SetupSecretCommand extends NecoCommand {
  static override paths = [['setup-secret']];
  static override usage = Command.Usage({
    description: 'Make a setup secret.',
    details: `
      All boot servers of one setup are given the same secret, which proves to each that the others belong to it.
      It is worth nothing once setup has ended.
    `,
    examples: [
      ['Put one into a file that only root can read', '(umask 077; $0 setup-secret > /root/secret)'],
    ],
  });

  override async execute(): Promise<number> {
    const { createSetupSecret } = await import('@neco/rendezvous');
    const secret = createSetupSecret().reveal();
    this.print({ secret }, secret);
    if (this.context.terminal && !this.json) this.context.stderr.write(use);
    return exitStatus.done;
  }
}

const use = `
Give it to all boot servers of one setup: type it when "neco setup" asks, or put it into a
file that only root can read (chmod 600 FILE) and give that: neco setup --secret-file FILE LRN…
Whoever has it before setup ends is trusted as a boot server.
`;
