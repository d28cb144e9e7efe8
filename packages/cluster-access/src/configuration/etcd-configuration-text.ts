import { serverName } from '@neco/core';
import { etcdConfiguration } from '@neco/etcd-admin';
import { paths } from '../paths.ts';
import { certificateKinds } from '../certificates/certificate-kinds.ts';

export interface MemberPlace {
  lrn: number;
  address: string;
  /** Initial cluster token. */
  token: string;
  /** All members, this one too. */
  members: readonly { name: string; address: string }[];
  state: 'new' | 'existing';
}

/** The text of a boot server's etcd.yml. */
export function etcdConfigurationText({ lrn, address, token, members, state }: MemberPlace): string {
  return etcdConfiguration({
    name: serverName(lrn),
    address,
    dataDirectory: paths.etcdData,
    token,
    initialCluster: members,
    state,
    files: {
      serverCertificate: certificateKinds.etcdListener.certificatePath,
      serverKey: certificateKinds.etcdListener.keyPath,
      peerCertificate: certificateKinds.etcdPeer.certificatePath,
      peerKey: certificateKinds.etcdPeer.keyPath,
      clientCa: paths.authorities.client,
      clientCrl: paths.revocations.client,
      peerCa: paths.authorities.peer,
      peerCrl: paths.revocations.peer,
    },
  });
}
