import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { isLrn, maxLrn, serverName } from '../lrn.ts';
import { NecoError } from '../errors/neco-error.ts';
import { parseYaml } from './parse-yaml.ts';

/** Path of the site configuration on a boot server. */
export const sitePath = '/etc/neco/site.yml';

const ipv4 = z
  .string()
  .refine((text) => ipaddr.IPv4.isValidFourPartDecimal(text), 'must be an IPv4 address such as 10.0.0.3');

export const siteSchema = z.strictObject({
  cluster: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
      'must be 1 to 32 lower-case letters, digits and inner hyphens',
    ),
  lrn: z.int().min(0).max(maxLrn),
  addresses: z.strictObject({
    first: ipv4,
    step: z.int().min(1).max(65_536).default(1),
    exceptions: z.record(z.string().refine(isLrn, 'is not an LRN (0 to 65535)'), ipv4).default({}),
  }),
  ports: z
    .strictObject({
      rendezvous: z.int().min(1).max(65_535).default(7717),
    })
    .prefault({}),
  packages: z
    .strictObject({
      etcd: z.string().min(1).default('neco-etcd'),
      vault: z.string().min(1).default('neco-vault'),
    })
    .prefault({}),
});

/** The content of `/etc/neco/site.yml`: the LRN of this server, its cluster, and the address plan. */
export type SiteConfiguration = z.infer<typeof siteSchema>;

/** Parses the text of a site.yml. @throws NecoError CONFIG_INVALID */
export function parseSiteConfiguration(text: string, source = sitePath): SiteConfiguration {
  return parseYaml(siteSchema, text, source);
}

/**
 * The address of a boot server in the address plan: its exception, or `first + LRN * step`.
 * @throws NecoError CONFIG_INVALID if the address is outside of IPv4
 */
export function addressOf(site: SiteConfiguration, lrn: number): string {
  const exception = site.addresses.exceptions[String(lrn)];
  if (exception !== undefined) return exception;
  const first = ipaddr.parse(site.addresses.first).toByteArray();
  const number = first.reduce((sum, byte) => sum * 256 + byte, 0) + lrn * site.addresses.step;
  if (number > 0xff_ff_ff_ff) {
    throw new NecoError(
      'CONFIG_INVALID',
      `the address plan of ${sitePath} has no address for ${serverName(lrn)}`,
      {
        hint: 'lower addresses.first or addresses.step, or set the address under addresses.exceptions',
      },
    );
  }
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/**
 * The addresses of several boot servers, all different.
 * @throws NecoError CONFIG_INVALID if two LRNs get the same address
 */
export function addressPlan(site: SiteConfiguration, lrns: readonly number[]): Map<number, string> {
  const plan = new Map<number, string>();
  for (const lrn of lrns) {
    const address = addressOf(site, lrn);
    const other = [...plan].find(([, taken]) => taken === address)?.[0];
    if (other !== undefined) {
      throw new NecoError(
        'CONFIG_INVALID',
        `${sitePath} gives ${serverName(other)} and ${serverName(lrn)} the same address, ${address}`,
        {
          hint: 'correct addresses.first, addresses.step or addresses.exceptions so that every LRN has its own address',
        },
      );
    }
    plan.set(lrn, address);
  }
  return plan;
}
