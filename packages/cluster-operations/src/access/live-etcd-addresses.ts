import { messageOf, NecoError, serverName } from '@neco/core';
import { ports } from '../ports.ts';
import { servedSerial } from './served-serial.ts';

/**
 * The boot servers whose etcd answers a handshake; the others are left out, so that no later call waits for them.
 * @param servers addresses by LRN
 * @throws NecoError ETCD_UNREACHABLE when none does
 */
export async function liveEtcdAddresses(servers: ReadonlyMap<number, string>): Promise<string[]> {
  const looks = [...servers].map(async ([lrn, address]) => {
    try {
      await servedSerial(address, ports.etcdClient);
      return { address };
    } catch (error) {
      return { reason: `${serverName(lrn)}: ${messageOf(error)}` };
    }
  });
  const found = await Promise.all(looks);
  const live = found.flatMap(({ address }) => address ?? []);
  if (live.length > 0) return live;
  throw new NecoError('ETCD_UNREACHABLE', found.flatMap(({ reason }) => reason ?? []).join('; '), {
    hint: 'etcd must run on the boot servers: "systemctl status etcd" there',
    retryable: true,
  });
}
