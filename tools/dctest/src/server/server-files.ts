import { randomBytes } from 'node:crypto';
import { sitePath } from '@neco/core';
import { sourceFile } from '../../../repository/src/make-repository.ts';
import { addressPlan, depotUri, hostOf, siteOf } from './address-plan.ts';
import type { DiskFile } from '../host/disk.ts';

/** What makes a copy of the base image this server: its name, its identity and its address. */
export function identityFiles(which: number | 'depot'): DiskFile[] {
  const { name, address } = hostOf(which);
  const network = [
    '[Match]',
    'Name=host0',
    '[Network]',
    `Address=${address}/${addressPlan.prefixLength}`,
    'LinkLocalAddressing=no',
    'IPv6AcceptRA=no',
    'LLDP=no',
    'EmitLLDP=no',
  ];
  return [
    { path: '/etc/hostname', text: `${name}\n` },
    { path: '/etc/hosts', text: `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost\n` },
    { path: '/etc/machine-id', text: `${randomBytes(16).toString('hex')}\n`, mode: 0o444 },
    { path: '/etc/systemd/network/10-host0.network', text: `${network.join('\n')}\n` },
  ];
}

/** What lets apt on a boot server use the depot, and nothing else. @param publicKey in ASCII armour. */
export function depotSourceFiles(publicKey: string): DiskFile[] {
  return [{ path: '/etc/apt/sources.list.d/neco.sources', text: sourceFile(depotUri, publicKey) }];
}

/** site.yml of a boot server. */
export function siteFile(lrn: number): DiskFile {
  const { cluster, addresses } = siteOf(lrn);
  const lines = [
    `cluster: ${JSON.stringify(cluster)}`,
    `lrn: ${lrn}`,
    'addresses:',
    `  first: ${addresses.first}`,
    `  step: ${addresses.step}`,
  ];
  return { path: sitePath, text: `${lines.join('\n')}\n` };
}

/** What makes a server the depot: nginx serves /srv/depot, where the packages lie. */
export function depotFiles(): DiskFile[] {
  const site = ['server {', '  listen 80 default_server;', '  root /srv/depot;', '  autoindex on;', '}'];
  return [
    { path: '/etc/nginx/sites-available/default', text: `${site.join('\n')}\n` },
    { path: '/etc/systemd/system/multi-user.target.d/depot.conf', text: '[Unit]\nWants=nginx.service\n' },
  ];
}
