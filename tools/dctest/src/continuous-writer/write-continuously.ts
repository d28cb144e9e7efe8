import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import type { AcknowledgedWrite, FailedTry, WriterEndpoint, WriterOrder } from './writer-protocol.ts';

/**
 * Writes to etcd, one key after the other, until its input ends, and says what was acknowledged. It is a client as an
 * application would be one: etcd3 and a certificate, nothing of neco's.
 */
export async function writeContinuously(input: Readable, output: Writable): Promise<void> {
  const lines = createInterface({ input });
  const [line = ''] = (await once(lines, 'line')) as string[];
  const order = JSON.parse(line) as WriterOrder;
  const stop = new AbortController();
  lines.once('close', () => stop.abort());
  const say = (event: AcknowledgedWrite | FailedTry): void => {
    output.write(`${JSON.stringify(event)}\n`);
  };
  const clients = order.endpoints.map((endpoint) => clientOf(order, endpoint));
  try {
    await writeUntil(stop.signal, order, clients, say);
  } finally {
    for (const client of clients) client.close();
  }
}

async function writeUntil(
  signal: AbortSignal,
  { prefix, interval }: WriterOrder,
  clients: readonly Etcd3[],
  say: (event: AcknowledgedWrite | FailedTry) => void,
): Promise<void> {
  const run = Date.now().toString(36);
  let turn = 0;
  let number = 0;
  while (!signal.aborted) {
    const [key, value] = [`${prefix}${run}-${number}`, `${number} of ${run}`];
    const start = performance.now();
    try {
      const { header } = await putAt(clients[turn % clients.length], key, value);
      say({ key, value, revision: Number(header.revision), moment: now() });
      number += 1;
    } catch (error) {
      say({ key, failure: error instanceof Error ? error.message : String(error), moment: now() });
      turn += 1;
    }
    const rest = start + interval - performance.now();
    if (rest > 0) await delay(rest, undefined, { signal }).catch(() => undefined);
  }
}

async function putAt(client: Etcd3 | undefined, key: string, value: string) {
  if (client === undefined) throw new RangeError('the writer has no endpoint');
  return client.put(key).value(value).exec();
}

function clientOf({ ca, certificate, key, deadline }: WriterOrder, { url, name }: WriterEndpoint): Etcd3 {
  return new Etcd3({
    hosts: url,
    credentials: {
      rootCertificate: Buffer.from(ca),
      certChain: Buffer.from(certificate),
      privateKey: Buffer.from(key),
    },
    defaultCallOptions: () => ({ deadline: Date.now() + deadline }),
    grpcOptions: {
      'grpc.ssl_target_name_override': name,
      'grpc.max_reconnect_backoff_ms': 500,
      'grpc.enable_http_proxy': 0,
    },
  });
}

/** Finer than Date.now(), and as good in another process of this machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
