import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { FaultProxy, startEtcd, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';

const megabyte = 1024 ** 2;

/** How much etcd has to send, in MiB, and how much of it may wait here for the disk. */
const sizes = { database: 24, waiting: 4 } as const;

/** So many looks, half a second, must find the same for a transfer to stand still. */
const stillLooks = 10;

describe('a snapshot to a disk that is slower than etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let directory: string;

  before(async () => {
    etcd = await startEtcd();
    directory = await mkdtemp(join(tmpdir(), 'neco-slow-disk-'));
    await using cluster = EtcdCluster.connect(await etcd.connection('root'));
    for (let times = 0; times < sizes.database; times++) {
      const request = { key: Buffer.from(`/large/${times}`), value: randomBytes(megabyte) };
      await cluster.call('fill it', (client) => client.kv.put(request), {});
    }
  });

  after(async () => {
    await etcd.stop();
    await rm(directory, { recursive: true });
  });

  it('is read as fast as the disk takes it, and does not gather in memory', async () => {
    await using proxy = await FaultProxy.start(etcd.member(0).clientPort, { record: true });
    const endpoints = [`${new URL(etcd.member(0).endpoint).protocol}//127.0.0.1:${String(proxy.port)}`];
    await using cluster = EtcdCluster.connect(await etcd.connection('root', { endpoints }));
    using disk = await StandingDisk.of(directory);
    const snapshot = cluster.snapshot(join(directory, 'etcd.db'));
    const received = () => proxy.recorded.reduce((sum, { length }) => sum + length, 0);
    let [last, times] = [-1, 0];
    const look = () => {
      times = disk.waits > 0 && received() === last ? times + 1 : 0;
      last = received();
      return Promise.resolve(
        times === stillLooks
          ? { done: true as const, value: last }
          : { done: false as const, seen: `${String(last)} bytes have come` },
      );
    };
    const waiting = await waitFor(look, { what: 'etcd to stop sending', timeout: 20_000, maxPause: 50 });
    expect(waiting).to.be.below(sizes.waiting * megabyte);
    disk.go();
    expect((await snapshot).size).to.be.above(sizes.database * megabyte);
  });
});

type Write = (this: FileHandle, content: Parameters<FileHandle['writeFile']>[0]) => Promise<void>;

/** The disk of this process, on which each write waits until it may go on. */
class StandingDisk {
  /** How many writes have waited. */
  waits = 0;
  readonly #handles: FileHandle;
  readonly #write: Write;
  readonly #gate = Promise.withResolvers<undefined>();

  private constructor(handles: FileHandle) {
    this.#handles = handles;
    const write = Reflect.get(handles, 'writeFile') as Write;
    const wait = async (): Promise<void> => {
      this.waits++;
      await this.#gate.promise;
    };
    this.#write = write;
    handles.writeFile = async function (this: FileHandle, content) {
      await wait();
      await write.call(this, content);
    };
  }

  /** @param directory any that can be opened: all open files have one prototype */
  static async of(directory: string): Promise<StandingDisk> {
    await using handle = await open(directory, 'r');
    return new StandingDisk(Object.getPrototypeOf(handle) as FileHandle);
  }

  go(): void {
    this.#gate.resolve(undefined);
  }

  [Symbol.dispose](): void {
    this.go();
    this.#handles.writeFile = this.#write;
  }
}
