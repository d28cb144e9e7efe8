import { NecoError } from '@neco/core';

/** The NecoError that `act` throws or rejects with. */
export async function caught(act: () => unknown): Promise<NecoError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof NecoError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
