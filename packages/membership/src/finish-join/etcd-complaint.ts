import type { HostReader } from '@neco/host-installer';
import * as z from 'zod';

const unit = 'etcd.service';

/** How far back its log is looked at; what it says of a crash, with all goroutines, is long. */
const tailLength = 300;

/** https://etcd.io/docs/v3.6/op-guide/configuration/#logging */
const complaintSchema = z.looseObject({
  level: z.enum(['error', 'panic', 'fatal']),
  msg: z.string(),
  error: z.string().optional(),
});

/** Why etcd does not run here, in its own words: what it complained of last. Undefined when it runs or said nothing. */
export async function etcdComplaint(host: HostReader): Promise<string | undefined> {
  if ((await host.unit(unit)).active === 'active') return undefined;
  const lines = await host.journalTail(unit, tailLength);
  return lines.map(complaintIn).findLast((complaint) => complaint !== undefined);
}

function complaintIn(line: string): string | undefined {
  const { data } = complaintSchema.safeParse(jsonOf(line.slice(line.indexOf('{'))));
  if (data === undefined) return undefined;
  return data.error === undefined ? data.msg : `${data.msg}: ${data.error}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
