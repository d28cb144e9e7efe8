import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, waitFor } from '@neco/core';
import { lockDirectory, lockHost } from '../src/index.ts';
import { expect } from 'chai';
import { execa } from 'execa';

const what = 'neco init squid';

describe('the lock of a host', () => {
  const held: { kill: (signal: 'SIGKILL') => unknown }[] = [];
  let directory: string;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'neco-locks-')), 'locks');
  });

  afterEach(async () => {
    for (const child of held.splice(0)) child.kill('SIGKILL');
    await rm(join(directory, '..'), { recursive: true, force: true });
  });

  async function holdElsewhere(holder = what) {
    const script = join(import.meta.dirname, 'fixtures/hold-lock.ts');
    const argv = ['--conditions=neco-source', script, 'test', directory, holder];
    const child = execa(process.execPath, argv, { reject: false, stdin: 'pipe' });
    held.push(child);
    await once(child.stdout, 'data');
    // In an object, or it would be awaited.
    return { child };
  }

  it("is one process's at a time, and says whose", async () => {
    const { child } = await holdElsewhere();
    const error: unknown = await lockHost('test', { what, directory }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'BUSY');
    expect(error)
      .to.have.property('message')
      .that.includes(`${what} (process ${String(child.pid)}) since`);
  });

  it('is free as soon as its holder was killed', async () => {
    const { child } = await holdElsewhere();
    child.kill('SIGKILL');
    await child;
    const lock = await lockHost('test', { what, directory });
    await lock.release();
  });

  it('can be taken again after it was given back, and does not bar locks of other names', async () => {
    await (await lockHost('test', { what, directory })).release();
    await using again = await lockHost('test', { what, directory });
    await using other = await lockHost('other', { what, directory });
    expect(again).not.to.equal(other);
  });

  it('is waited for, with who holds it, and comes to who waits as soon as it is free', async () => {
    const { child } = await holdElsewhere('neco init varnish');
    const states: string[] = [];
    const taking = lockHost('test', { what, directory, wait: { onState: (text) => states.push(text) } });
    await waitFor(
      () =>
        Promise.resolve(
          states.length > 0 ? { done: true, value: true } : { done: false, seen: 'it says nothing' },
        ),
      { what: 'the wait to be reported', timeout: 10_000 },
    );
    expect(states[0]).to.match(/lock of this host, held by neco init varnish \(process [0-9]+\) since/);
    child.kill('SIGKILL');
    await (await taking).release();
  });

  it('ends a wait in time, and when it is stopped, with what was waited for', async () => {
    await holdElsewhere('neco init varnish');
    const late = lockHost('test', { what, directory, wait: { timeout: 100, onState: () => undefined } });
    const error: unknown = await late.catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'TIMEOUT');
    expect(error).to.have.property('message').that.includes('held by neco init varnish');
    const stopped = { signal: AbortSignal.abort(), onState: () => undefined };
    const cancelled: unknown = await lockHost('test', { what, directory, wait: stopped }).catch(
      (thrown: unknown) => thrown,
    );
    expect(cancelled).to.have.property('code', 'CANCELLED');
    expect(cancelled).to.have.property('message').that.includes('held by neco init varnish');
  });

  it('says that its holder is stopped, and lets those pass who may do the same at once', async () => {
    const { child } = await holdElsewhere();
    child.kill('SIGSTOP');
    const refused = async () =>
      await lockHost('test', { what, directory }).then(
        () => 'taken',
        (error: unknown) => messageOf(error),
      );
    const look = async () => {
      const seen = await refused();
      return seen.includes('which is stopped')
        ? { done: true as const, value: seen }
        : { done: false as const, seen };
    };
    const said = await waitFor(look, { what: 'the holder to be stopped', timeout: 10_000 });
    expect(said).to.include(`which is stopped: kill -CONT ${String(child.pid)}`);
    const wait = { timeout: 5000, passStopped: true, onState: () => undefined };
    await (await lockHost('test', { what, directory, wait })).release();
    expect(await refused(), 'the lock is still that of its holder').to.include(what);
  });

  it('of an unprivileged user keeps nobody out', async () => {
    await chmod(join(directory, '..'), 0o755);
    // What a user can take: the names in the abstract namespace, and files that it can open.
    const name = `test-${String(process.pid)}`;
    const abstract = createServer().listen({ path: `\0neco-${name}` });
    await once(abstract, 'listening');
    await (await lockHost(name, { what, directory })).release();
    const file = join(directory, `${name}.lock`);
    const asUser = await execa('setpriv', ['--reuid=65534', '--clear-groups', 'flock', file, 'true'], {
      reject: false,
    });
    expect(asUser.stderr).to.match(/Permission denied/);
    await (await lockHost(name, { what, directory })).release();
    abstract.close();
  });

  it('lies where only root puts files', async () => {
    await (await lockHost(`test-${String(process.pid)}`, { what })).release();
    const { stdout } = await execa('stat', ['--format=%U %a', lockDirectory, join(lockDirectory, '..')]);
    expect(stdout.split('\n')).to.deep.equal(['root 700', 'root 755']);
    await rm(join(lockDirectory, `test-${String(process.pid)}.lock`));
  });

  it('names its holder without control characters', async () => {
    await holdElsewhere('neco \u001b]0;init\u0007');
    const error: unknown = await lockHost('test', { what, directory }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.includes('neco ?]0;init? (process');
    expect(await readFile(join(directory, 'test.lock'), 'utf8')).not.to.include('\u001b');
  });
});
