import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import { NecoCommand } from './base/neco-command.ts';

/** `neco setup-secret` */
export class SetupSecretCommand extends NecoCommand {
  static override paths = [['setup-secret']];
  static override usage = Command.Usage({
    description: 'Generate a setup secret.',
    details: `
      Give the same secret to all boot servers of one setup. It proves to each server that the others belong to the
      setup, and is useless once setup is complete.
    `,
    examples: [
      ['Write one to a file that only root can read', '(umask 077; $0 setup-secret > /root/secret)'],
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
Give it to all boot servers of one setup: type it when "neco setup" asks, or write it to a
file that only root can read (chmod 600 FILE) and run: neco setup --secret-file FILE LRN…
Keep it secret: until setup is complete, anyone who has it can pose as a boot server.
`;
