import { serverName } from '@neco/core';
import { etcdConfigurationText } from '@neco/cluster-access';
import type { SetupContext, SetupView } from '../setup-context.ts';
import { recordOf } from '../setup-context.ts';

/** The text of this server's etcd.yml. */
export function etcdConfigurationOf(view: SetupView, state: SetupContext['etcdState']): string {
  const { lrn, address, addresses } = view;
  return etcdConfigurationText({
    lrn,
    address,
    token: recordOf(view).id,
    members: [...addresses].map(([other, at]) => ({ name: serverName(other), address: at })),
    state,
  });
}
