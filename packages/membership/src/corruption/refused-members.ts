import { urlAddress } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import * as z from 'zod';

/** How far back the log is looked at: etcd is started again every two seconds, and says some 60 lines each time. */
const tailLength = 300;

/** What etcd says of each comparison when it starts (server/etcdserver/corrupt.go, InitialCheck). */
const lineSchema = z.looseObject({
  msg: z.string(),
  'remote-peer-endpoints': z.array(z.string()).default([]),
});

const begun = 'starting initial corruption check';
const different = 'found different hash values from remote peer';
const passed = 'initial corruption checking passed; no corruption';
const refused = 'checkInitialHashKV failed';

/**
 * The addresses of the members whose data is not that of this server's, by the comparison with which its etcd ended the last time.
 * Undefined where it did not end with one. @throws NecoError COMMAND_FAILED
 */
export async function refusedMembers(host: HostReader): Promise<string[] | undefined> {
  const lines = (await host.journalTail('etcd.service', tailLength)).flatMap((line) => {
    const { data } = lineSchema.safeParse(jsonOf(line.slice(line.indexOf('{'))));
    return data === undefined ? [] : [data];
  });
  const ends = lines.findLastIndex(({ msg }) => msg === refused || msg === passed);
  if (lines[ends]?.msg !== refused) return undefined;
  const begins = lines.slice(0, ends).findLastIndex(({ msg }) => msg === begun);
  return lines
    .slice(Math.max(begins, 0), ends)
    .filter(({ msg }) => msg === different)
    .flatMap(({ 'remote-peer-endpoints': [url = ''] }) => urlAddress(url));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
