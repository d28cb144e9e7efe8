import { parseJson } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import * as z from 'zod';

const unit = 'etcd.service';

/** How far back its log is looked at; what it says of a crash, with all goroutines, is long. */
const tailLength = 300;

const served = 'ready to serve client requests';

/** https://etcd.io/docs/v3.6/op-guide/configuration/#logging */
const complaintSchema = z.looseObject({
  level: z.enum(['error', 'panic', 'fatal']),
  msg: z.string(),
  error: z.string().optional(),
});

interface Complaint {
  text: string;
  /** Go itself crashed; or etcd said why it ends, and Go's crash comes after that. */
  kind: 'crash' | 'last words' | 'error';
}

/** Why etcd does not run here, in its own words: what it complained of last. Undefined when it runs or said nothing. */
export async function etcdComplaint(host: HostReader): Promise<string | undefined> {
  if ((await host.unit(unit)).active === 'active') return undefined;
  const lines = await host.journalTail(unit, tailLength);
  // What it said before it served is of an earlier fault.
  const since = lines.findLastIndex((line) => line.includes(served)) + 1;
  const complaints = lines
    .slice(since)
    .map(complaintIn)
    .filter((complaint) => complaint !== undefined);
  const [last, before] = complaints.reverse();
  // The crash repeats the message without the error.
  return last?.kind === 'crash' && before?.kind === 'last words' ? before.text : last?.text;
}

function complaintIn(line: string): Complaint | undefined {
  // A crash of Go itself is no JSON.
  const crash = /: ((?:panic|fatal error): .*)$/.exec(line)?.[1];
  if (crash !== undefined) return { text: crash, kind: 'crash' };
  const { data } = complaintSchema.safeParse(parseJson(line.slice(line.indexOf('{'))));
  if (data === undefined) return undefined;
  const text = data.error === undefined ? data.msg : `${data.msg}: ${data.error}`;
  return { text, kind: data.level === 'error' ? 'error' : 'last words' };
}
