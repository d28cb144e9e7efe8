import { NecoError } from '@neco/core';
import { RecordFile, type HostReader } from '@neco/host-installer';
import { certificateFacts } from '@neco/vault-pki';
import * as z from 'zod';
import { certificateKinds, paths } from '@neco/cluster-access';

const leftRecordSchema = z.looseObject({
  version: z.literal(1),
  at: z.iso.datetime(),
  /** Serial number of the certificate that this server had for etcd: with another it is a boot server again. */
  serial: z.string(),
  /** Where the data of etcd were put. */
  aside: z.string().optional(),
});

/** What a server remembers of having left its cluster. */
export type LeftRecord = z.infer<typeof leftRecordSchema>;

/** Where that is kept. */
export const leftRecordFile = new RecordFile<LeftRecord>({
  path: paths.leftRecord,
  schema: leftRecordSchema,
  what: 'the record of a leave',
  hint: 'remove it; the daemons write it again if this server has left',
});

/** The record, when it is of this life of the server: one that has joined again has another certificate. */
export async function readLeftRecord(
  host: HostReader,
  path: string = paths.leftRecord,
): Promise<LeftRecord | undefined> {
  const record = await leftRecordFile
    .at(path)
    .read(host)
    .catch((error: unknown) => {
      // A record that cannot be read says nothing: etcd and the certificates decide.
      if (error instanceof NecoError && error.code === 'RECORD_INVALID') return undefined;
      throw error;
    });
  return record?.serial === (await serialOfThisLife(host)) ? record : undefined;
}

/** The serial number by which a life of this server is known; empty where its certificate is gone or broken. @throws NecoError FILE_FAILED */
export async function serialOfThisLife(host: HostReader): Promise<string> {
  const pair = await host.readPair(certificateKinds.necoClient);
  try {
    return pair === undefined ? '' : certificateFacts(pair.certificate).serial;
  } catch {
    return '';
  }
}

/** What to do on a server that has left, as a sentence and its remedy. */
export function leftAdvice(name: string, { at, aside }: LeftRecord): { message: string; hint: string } {
  const data = aside === undefined ? '' : `; its etcd data is in ${aside}`;
  return {
    message: `${name} was removed from the cluster (detected ${at}); etcd and Vault are stopped and disabled${data}`,
    hint: 'to add it again, run on it: neco join --discard-old-data with the LRNs of the others ("neco ca-hash" on one of them prints the command without that option); otherwise reinstall it',
  };
}
