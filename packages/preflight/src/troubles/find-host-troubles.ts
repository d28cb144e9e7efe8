import { messageOf } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { auditTroubles } from './audit-troubles.ts';
import { clockTroubles } from './clock-troubles.ts';
import { diskTroubles } from './disk-troubles.ts';
import type { HostTrouble } from './host-trouble.ts';
import { unitTroubles } from './unit-troubles.ts';

const looks = [diskTroubles, unitTroubles, auditTroubles, clockTroubles];

/**
 * What is wrong with this host itself, whether or not it is a boot server yet: full file systems, units that are not the
 * packages', audit devices that cannot be written, the clock. Changes nothing and needs no other server.
 * @param onError told of a look that failed; the others go on.
 */
export async function findHostTroubles(
  host: HostReader,
  onError: (message: string) => void = () => undefined,
): Promise<HostTrouble[]> {
  const found = await Promise.all(
    looks.map((look) =>
      look(host).catch((error: unknown) => {
        onError(messageOf(error));
        return [];
      }),
    ),
  );
  return found.flat();
}
