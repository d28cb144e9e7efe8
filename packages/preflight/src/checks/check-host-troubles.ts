import { findHostTroubles } from '../troubles/find-host-troubles.ts';
import { isObstacle } from '../troubles/host-trouble.ts';
import type { Check } from './check.ts';

/** What `neco status` would report of this host; what does not stand in the way is a warning. */
export const checkHostTroubles: Check = async ({ host, warn }) => {
  const troubles = await findHostTroubles(host, warn);
  for (const { message, remedy } of troubles.filter((one) => !isObstacle(one)))
    warn?.(`${message}; ${remedy}`);
  return troubles.filter(isObstacle).map(({ message, remedy }) => ({ message, hint: remedy }));
};
