import type { Check } from './check.ts';

const mebibyte = 2 ** 20;
/** etcd and Vault with room to grow; a machine of 1 GiB shows a little less. */
const leastMemory = 900 * mebibyte;

/** systemd as the service manager, and memory enough. */
export const checkSystem: Check = async ({ facts }) => {
  const systemd = facts.bootedWithSystemd
    ? []
    : [
        {
          message: 'this server does not run systemd',
          hint: 'use Debian 12 or later, booted with systemd',
        },
      ];
  const memory =
    facts.memory >= leastMemory
      ? []
      : [
          {
            message: `this server has ${String(Math.floor(facts.memory / mebibyte))} MiB of memory; it needs at least ${String(leastMemory / mebibyte)} MiB`,
            hint: 'add memory to this server',
          },
        ];
  return Promise.resolve([...systemd, ...memory]);
};
