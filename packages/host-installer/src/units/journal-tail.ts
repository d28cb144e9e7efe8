import { runCommand } from '../run-command.ts';

/** The last lines that a unit wrote to the journal, oldest first; empty when there is none, see journalctl(1). */
export async function journalTail(unit: string, lines: number): Promise<string[]> {
  // What a unit said last may not be written yet; if the sync fails, what is there must do.
  await runCommand('journalctl', ['--sync'], { timeout: 5000 }).catch(() => undefined);
  const argv = [
    `--unit=${unit}`,
    `--lines=${String(lines)}`,
    '--no-pager',
    '--quiet',
    '--output=short-iso',
    '--no-hostname',
  ];
  const { exitCode, stdout } = await runCommand('journalctl', argv, { timeout: 15_000 });
  return exitCode === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
}
