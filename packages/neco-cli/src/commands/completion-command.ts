import { Command, Option } from 'clipanion';
import { exitStatus, NecoError } from '@neco/core';
import { bashCompletion } from '../completion/bash-completion.ts';
import { fishCompletion } from '../completion/fish-completion.ts';
import { zshCompletion } from '../completion/zsh-completion.ts';
import { completedCommands } from '../completion/completed-command.ts';
import { NecoCommand } from './base/neco-command.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** `neco completion` */
export class CompletionCommand extends NecoCommand {
  static override paths = [['completion']];
  static override usage = Command.Usage({
    description: 'Print the completion script for bash, zsh or fish.',
    examples: [
      ['Load it into the current bash', '. <($0 completion bash)'],
      ['Install it for fish', '$0 completion fish > ~/.config/fish/completions/neco.fish'],
    ],
  });

  shell = Option.String({ name: 'SHELL' });

  override async execute(): Promise<number> {
    const found = Object.entries(scripts).find(([name]) => name === this.shell);
    if (found === undefined) {
      throw new NecoError('USAGE', `no completion script for ${JSON.stringify(this.shell)}`, {
        hint: `use one of ${Object.keys(scripts).join(', ')}`,
      });
    }
    const script = found[1](completedCommands(this.context.definitions()));
    this.print({ shell: this.shell, script }, script);
    return exitStatus.done;
  }
}
