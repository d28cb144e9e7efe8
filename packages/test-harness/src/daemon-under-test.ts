import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { runProgram, type ProgramResult } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

/** A daemon of neco as a process of its own, with a configuration in which nothing listens, in a folder that goes with it. */
export class DaemonUnderTest {
  readonly directory: string;
  readonly configuration: string;
  readonly #program: string;
  readonly #running: ServerProcess[] = [];

  private constructor(directory: string, name: string, program: string) {
    this.directory = directory;
    this.configuration = join(directory, `${name}.yml`);
    this.#program = program;
  }

  /** @param program the file of its entry. */
  static async prepare(name: string, program: string): Promise<DaemonUnderTest> {
    const daemon = new DaemonUnderTest(await mkdtemp(join(tmpdir(), `${name}-`)), name, program);
    await daemon.configure(
      [
        'endpoints: ["http://127.0.0.1:1"]',
        'vault-address: https://127.0.0.1:1',
        `vault-ca-file: ${daemon.vaultCa}`,
      ].join('\n'),
    );
    return daemon;
  }

  /** Where the configuration says that the CA of Vault lies; it does not. */
  get vaultCa(): string {
    return join(this.directory, 'server.crt');
  }

  async configure(text: string): Promise<void> {
    await writeFile(this.configuration, `${text}\n`);
  }

  /** Runs it with these words to its end. */
  async run(...words: string[]): Promise<ProgramResult> {
    return runProgram(process.execPath, ['--conditions=neco-source', this.#program, ...words]);
  }

  /** Starts it as systemd does, with its standard error in the journal. */
  start(): ServerProcess {
    const words = ['--conditions=neco-source', this.#program, '--config', this.configuration];
    const started = new ServerProcess(process.execPath, words, { JOURNAL_STREAM: '8:1' });
    this.#running.push(started);
    return started;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#running.map((one) => one.stop()));
    await remove(this.directory);
  }
}
