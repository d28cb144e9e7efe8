import type { HostReader } from '@neco/host-installer';
import { paths } from '../paths.ts';

/** Whether an etcd was ever started on this server with the data that is there. @throws NecoError FILE_FAILED */
export async function hasEtcdData(host: Pick<HostReader, 'list'>): Promise<boolean> {
  return ((await host.list(`${paths.etcdData}/member`)) ?? []).length > 0;
}
