import { NecoError } from '@neco/core';

/** The NecoError that a promise rejects with. @throws any other reason as it is, and Error when the promise resolves */
export async function rejection(promise: Promise<unknown>): Promise<NecoError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NecoError) return error;
    throw error;
  }
  throw new Error('the promise was expected to reject');
}
