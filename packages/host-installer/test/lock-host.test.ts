import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { lockHost } from '../src/index.ts';
import { expect } from 'chai';
import { execa } from 'execa';

describe('the lock of a host', () => {
  const held: { kill: (signal: 'SIGKILL') => unknown }[] = [];

  afterEach(() => {
    for (const child of held.splice(0)) child.kill('SIGKILL');
  });

  async function holdElsewhere(name: string) {
    const script = join(import.meta.dirname, 'fixtures/hold-lock.ts');
    const child = execa(process.execPath, ['--conditions=neco-source', script, name], {
      reject: false,
      stdin: 'pipe',
    });
    held.push(child);
    await once(child.stdout, 'data');
    // In an object, or it would be awaited.
    return { child };
  }

  it("is one process's at a time, and says whose", async () => {
    const name = randomUUID();
    const { child } = await holdElsewhere(name);
    const error: unknown = await lockHost(name).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'BUSY');
    expect(error)
      .to.have.property('message')
      .that.includes(`process ${String(child.pid)} (node)`);
  });

  it('is free as soon as its holder was killed', async () => {
    const name = randomUUID();
    const { child } = await holdElsewhere(name);
    child.kill('SIGKILL');
    await child;
    const lock = await lockHost(name);
    await lock.release();
  });

  it('can be taken again after it was given back, and does not bar locks of other names', async () => {
    const name = randomUUID();
    await (await lockHost(name)).release();
    await using again = await lockHost(name);
    await using other = await lockHost(`${name}-other`);
    expect(again).not.to.equal(other);
  });
});
