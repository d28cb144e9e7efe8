import { waitFor } from '@neco/core';

/** Tries what etcd refuses at first (some seconds must pass between changes of members) until it works. */
export async function eventually<T>(work: () => Promise<T>): Promise<T> {
  return waitFor(async () => ({ done: true, value: await work() }), {
    what: 'etcd to agree',
    timeout: 20_000,
  });
}
