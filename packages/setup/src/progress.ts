import { Registry } from '@neco/bootserver-registry';
import type { EtcdCluster } from '@neco/etcd-admin';
import { certificateFacts } from '@neco/vault-pki';
import { certificateKinds } from '@neco/cluster-access';
import type { SetupView } from './setup-context.ts';

/** Whether all boot servers are registered: nothing is left that needs the others, the secret or the root token. */
export async function isFinished(view: SetupView): Promise<boolean> {
  if (view.record === undefined) return false;
  if (view.record.finishedAt !== undefined) return true;
  if (view.known.unfinished) return false;
  const registered = await registeredLrns(view).catch(() => [] as number[]);
  return view.lrns.every((lrn) => registered.includes(lrn));
}

/** The LRNs in etcd's registry; none when this server has no certificate yet, or one that has run out. */
export async function registeredLrns(view: SetupView): Promise<number[]> {
  const pair = await view.host.readPair(certificateKinds.necoClient);
  if (pair === undefined || certificateFacts(pair.certificate).notAfter.getTime() < Date.now()) return [];
  const registered = await withRegistry(view, async (registry) =>
    (await registry.bootServers()).map((server) => server.lrn),
  );
  view.known.unfinished = !registered.includes(view.lrn);
  return registered;
}

/** etcd as this server's neco, its own member first. Kept while setup runs, not to be closed. */
export function etcdAsNeco(view: SetupView): Promise<EtcdCluster> {
  const others = [...view.addresses.values()].filter((address) => address !== view.address);
  return view.etcd.asNeco(view.host, [view.address, ...others]);
}

/** Does `work` with the registry, as this server's neco. */
export async function withRegistry<T>(view: SetupView, work: (registry: Registry) => Promise<T>): Promise<T> {
  return work(new Registry(await etcdAsNeco(view), view.options.prefix));
}
