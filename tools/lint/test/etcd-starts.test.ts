import { glob, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect } from 'chai';

const root = resolve(import.meta.dirname, '../../..');

/** Where commands stand that a person pastes: hints of sources, documentation, texts of the packages. */
const patterns = ['packages/*/src/**/*.ts', 'packages/*/README.md', '*.md', 'tools/deb/*/*'];

/**
 * Starts and restarts of etcd, or of a unit that only the program knows (unless a mount), that wait. etcd is started when the quorum is there, so such a
 * command hangs for ever on the first of several servers, and keeps whoever pastes it from the others.
 */
function waitingStarts(text: string): string[] {
  const unit = /(?:^|\s)(?:etcd(?:\.service)?(?=[\s,;.)]|$)|\$\{(?!unmounted\}))/;
  return [...text.matchAll(/systemctl (?:-\S+ )*(?:re)?start [^;&|"'`\n]*/g)]
    .map(([command]) => command.trim())
    .filter((command) => unit.test(command) && !command.includes('--no-block'));
}

describe('the commands that neco prints', () => {
  it('never start etcd without --no-block', async () => {
    const files = await Array.fromAsync(glob(patterns, { cwd: root, withFileTypes: true }));
    const paths = files.filter((file) => file.isFile()).map((file) => resolve(file.parentPath, file.name));
    expect(paths.length).to.be.above(300);
    const found = await Promise.all(
      paths.map(async (path) => waitingStarts(await readFile(path, 'utf8')).map((one) => `${path}: ${one}`)),
    );
    expect(found.flat()).to.deep.equal([]);
  });

  it('are found where they would wait, also with a unit that only the program knows', () => {
    for (const waiting of [
      'on boot-1: systemctl start etcd',
      'systemctl restart etcd.service\n',
      '`systemctl restart vault etcd neco-worker`',
      '`systemctl restart ${service}`',
    ])
      expect(waitingStarts(waiting), waiting).to.have.length(1);
    for (const fine of [
      'systemctl start --no-block etcd; to see its log: journalctl -u etcd',
      'systemctl start var-lib-etcd.mount && systemctl restart --no-block etcd',
      '`systemctl start neco-worker.service`: start etcd',
      '`systemctl start ${unmounted}`',
    ])
      expect(waitingStarts(fine), fine).to.deep.equal([]);
  });
});
