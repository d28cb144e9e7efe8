import { NecoError, waitFor } from '@neco/core';

/** The NecoError that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<NecoError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NecoError) return error;
    throw error;
  }
  throw new Error('it was expected to fail');
}

/** Tries what etcd refuses at first (some seconds must pass between changes of members) until it works. */
export async function eventually<T>(work: () => Promise<T>): Promise<T> {
  return waitFor(async () => ({ done: true, value: await work() }), {
    what: 'etcd to agree',
    timeout: 20_000,
  });
}
