import { etcdConfiguration } from '@neco/etcd-admin';
import { serverName } from '@neco/core';
import { certificateKinds } from '../access/certificate-kinds.ts';
import { paths } from '../paths.ts';
import type { SetupContext, SetupView } from './setup-context.ts';
import { recordOf } from './setup-context.ts';

/** The text of this server's etcd.yml. */
export function etcdConfigurationOf(view: SetupView, state: SetupContext['etcdState']): string {
  return etcdConfiguration({
    name: serverName(view.lrn),
    address: view.address,
    dataDirectory: paths.etcdData,
    token: recordOf(view).id,
    initialCluster: [...view.addresses].map(([lrn, address]) => ({ name: serverName(lrn), address })),
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
