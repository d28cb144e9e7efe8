import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Server } from '../../../../tools/dctest/src/server.ts';

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

  /** Puts Node and the library onto a server. */
  static async install(server: Server): Promise<HostDriver> {
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
    const { result, error } = await this.ask(action, ...argv);
    if (error !== undefined)
      throw new Error(`${action} ${argv.join(' ')}: ${JSON.stringify(error, undefined, 2)}`);
    return result;
  }
}
