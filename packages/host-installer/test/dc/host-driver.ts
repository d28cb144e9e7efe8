import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { DataCenter } from '../../../../tools/dctest/src/data-center.ts';
import type { Suite } from '../../../../tools/dctest/src/image/suites.ts';
import type { Server } from '../../../../tools/dctest/src/server/server.ts';

export interface Answer {
  result?: unknown;
  error?: { code: string; message: string; hint?: string; details: { message: string }[] };
}

const program = '/opt/drive-host.mjs';

/** The library at work on a server of the data centre. */
export class HostDriver {
  readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  /** Brings up a data centre of one server that has nothing but Debian, Node and the library. */
  static async up(name: string, suite: Suite): Promise<HostDriver> {
    const dataCenter = await DataCenter.up({ name, lrns: [0], suites: [suite], bare: true, replace: true });
    const server = dataCenter.server(0);
    const bundle = await build({
      entryPoints: [join(import.meta.dirname, '../fixtures/drive-host.ts')],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      conditions: ['neco-source'],
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    });
    await server.writeFile(program, bundle.outputFiles[0]?.text ?? '');
    await server.writeFile('/usr/local/bin/node', await readFile(process.execPath), 0o755);
    return new HostDriver(server);
  }

  /** Has an action of test/fixtures/drive-host.ts done and gives its answer, good or bad. */
  async ask(action: string, ...argv: string[]): Promise<Answer> {
    const output = await this.server.run(['node', program, action, ...argv], { timeout: 120_000 });
    return JSON.parse(output) as Answer;
  }

  /** As `ask`, for what must succeed. */
  async do(action: string, ...argv: string[]): Promise<unknown> {
    return expectGood(action, argv, await this.ask(action, ...argv));
  }

  /** As `do`, under strace(1). @returns its lines, a call of one of these names each */
  async trace(calls: string, action: string, ...argv: string[]): Promise<string[]> {
    const strace = ['strace', '-f', '-qq', '-y', '-v', '--seccomp-bpf', '-e', `trace=${calls}`];
    const traced = await this.server.spawnUnder(strace, ['node', program, action, ...argv]);
    const { stdout, stderr } = await traced.output();
    expectGood(action, argv, JSON.parse(stdout) as Answer);
    return stderr.split('\n');
  }
}

function expectGood(action: string, argv: readonly string[], { result, error }: Answer): unknown {
  if (error === undefined) return result;
  throw new Error(`${action} ${argv.join(' ')}: ${JSON.stringify(error, undefined, 2)}`);
}
