import { certificateKinds, etcdEndpoint, paths } from '@neco/cluster-access';
import type { NecoError } from '@neco/core';
import { finding } from '../faults/finding.ts';
import type { StatusWarning } from '../status-schema.ts';
import type { WarningsInput } from './warnings-input.ts';

const place = /(\S*\/(bootservers|applications)\/(\S+)) in etcd/;

/** Whether the registration of a server is there, but cannot be read. */
export function isRegistrationBroken(lrn: number, { brokenRecords }: WarningsInput): boolean {
  return brokenRecords.some(({ message }) => {
    const [, , kind, name] = place.exec(message) ?? [];
    return kind === 'bootservers' && name === String(lrn);
  });
}

/** A record that does not parse: of a boot server that server writes its own again, of an application init does. */
export function recordWarning({ message, hint }: NecoError, input: WarningsInput): StatusWarning {
  const [, key = '', kind = '', name = ''] = place.exec(message) ?? [];
  if (kind === 'bootservers') {
    const again = `on boot-${name}: systemctl restart neco-worker, which writes it again`;
    return finding('record-invalid', message, again);
  }
  if (kind === 'applications') {
    const remove = `on ${input.local.name}: ${etcdctl} del ${key}`;
    return finding(
      'record-invalid',
      message,
      `${remove} && neco init ${name}; on each boot server that has it: neco init-local ${name}`,
    );
  }
  return finding('record-invalid', message, hint ?? '');
}

const { certificatePath, keyPath } = certificateKinds.necoClient;
const etcdctl = `etcdctl --endpoints ${etcdEndpoint('127.0.0.1')} --cacert ${paths.authorities.server} --cert ${certificatePath} --key ${keyPath}`;
