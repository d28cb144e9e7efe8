import { messageOf, NecoError, serverName } from '@neco/core';
import { ports } from '../ports.ts';
import { answersInTime } from './answers-in-time.ts';
import { servedSerial } from '../certificates/served-serial.ts';

/**
 * The boot servers whose etcd answers a handshake; the others are left out, so that no later call waits for them.
 * @param servers addresses by LRN
 * @throws NecoError ETCD_UNREACHABLE when none does
 */
export async function liveEtcdAddresses(servers: ReadonlyMap<number, string>): Promise<string[]> {
  const looks = [...servers].map(async ([lrn, address]) => {
    try {
      await servedSerial(address, ports.etcdClient);
      return address;
    } catch (error) {
      throw new Error(`${serverName(lrn)}: ${messageOf(error)}`, { cause: error });
    }
  });
  try {
    return await answersInTime(looks);
  } catch (error) {
    const reasons: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    throw new NecoError('ETCD_UNREACHABLE', reasons.map(messageOf).join('; '), {
      hint: 'check that etcd runs on the boot servers, with "systemctl status etcd"',
      retryable: true,
    });
  }
}
