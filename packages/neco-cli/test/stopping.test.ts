import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

describe('neco, stopped by a signal', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`stops at ${signal} and gives the command to run again`, async () => {
      const sockets = new Set<Socket>();
      // An etcd that accepts and never answers.
      const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      try {
        const address = silent.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        const flags = ['--etcd-timeout', '60s', '--etcd-endpoints', `http://127.0.0.1:${String(port)}`];
        const child = spawn(process.execPath, ['--conditions=neco-source', main, 'status', ...flags]);
        let errors = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
        await once(silent, 'connection');
        child.kill(signal);
        const [status] = (await once(child, 'close')) as [number];
        expect(errors)
          .to.include('press Ctrl-C again to quit now')
          .and.to.include('[CANCELLED]')
          .and.to.include('run again: neco status');
        expect(status).to.equal(1);
      } finally {
        for (const socket of sockets) socket.destroy();
        silent.close();
      }
    });
  }
});
