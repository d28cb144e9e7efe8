import { EtcdUnderTest } from './etcd-under-test.ts';

export interface StartEtcdOptions {
  /** Number of members; 1 when left out. */
  count?: number;
  /** TLS with client certificates, each CA its own; on when left out. */
  tls?: boolean;
  /**
   * Turns auth on with the user `root` and these, each with the right to read and write under its prefixes. Needs TLS,
   * since users log in by their CN.
   */
  auth?: Readonly<Record<string, readonly string[]>>;
}

/** Starts a real etcd cluster on loopback and waits until it serves. The caller must `stop()` it. */
export async function startEtcd({
  count = 1,
  tls = true,
  auth,
}: StartEtcdOptions = {}): Promise<EtcdUnderTest> {
  const etcd = await EtcdUnderTest.create(tls);
  try {
    await etcd.startMembers(count);
    if (auth !== undefined) await etcd.enableAuth(auth);
    return etcd;
  } catch (error) {
    await etcd.stop();
    throw error;
  }
}
