import { messageOf, serverName } from '@neco/core';
import { ports, servedSerial } from '@neco/cluster-access';
import type { SetupView } from '../setup-context.ts';

/** The other boot servers whose etcd takes no connection of members yet, each with what was seen, for who waits for it. */
export async function absentMembers({ lrn, addresses }: SetupView): Promise<string> {
  const looks = [...addresses]
    .filter(([other]) => other !== lrn)
    .map(async ([other, address]) => {
      const seen = await servedSerial(address, ports.etcdPeer).then(() => undefined, messageOf);
      return seen === undefined ? [] : [`${serverName(other)} (${seen})`];
    });
  const absent = (await Promise.all(looks)).flat();
  return absent.length === 0 ? 'etcd answers on all other servers' : `no etcd yet on ${absent.join(' and ')}`;
}
