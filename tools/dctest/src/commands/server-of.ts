import { NecoError, parseLrn } from '@neco/core';
import type { DataCenter } from '../data-center.ts';
import type { Server } from '../server/server.ts';

/** The server that a person names: an LRN, or `depot`. @throws NecoError USAGE, LRN_INVALID */
export function serverOf(dataCenter: DataCenter, text: string): Server {
  if (text !== 'depot') return dataCenter.server(parseLrn(text));
  if (dataCenter.depot !== undefined) return dataCenter.depot;
  throw new NecoError('USAGE', `data centre ${dataCenter.name} has no depot: it is bare`);
}
