import { Command, Option } from 'clipanion';

/** What all subcommands have in common. */
export abstract class DataCenterCommand extends Command {
  /** Which data centre: two with different names can stand side by side. */
  name = Option.String('--name', 'dc', { description: 'the data centre, dc unless given' });

  abstract override execute(): Promise<number>;

  protected say = (line: string): void => void this.context.stderr.write(`${line}\n`);

  protected print(line: string): void {
    this.context.stdout.write(`${line}\n`);
  }
}
