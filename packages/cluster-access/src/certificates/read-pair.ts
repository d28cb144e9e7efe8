import { NecoError } from '@neco/core';
import type { HostReader, PairPaths } from '@neco/host-installer';
import type { Pair } from './signer.ts';

/** @throws NecoError FILE_FAILED when the pair is not there. */
export async function readPair(host: HostReader, place: PairPaths): Promise<Pair> {
  const pair = await host.readPair(place);
  if (pair !== undefined) return pair;
  throw new NecoError('FILE_FAILED', `${place.certificatePath} or its key does not exist`, {
    hint: 'run neco setup again, or on a new server neco join',
  });
}
