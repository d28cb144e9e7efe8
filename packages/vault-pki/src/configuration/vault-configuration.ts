/** What a boot server's Vault is configured with; paths are those on the boot server. */
export interface VaultConfiguration {
  /** How others reach this Vault: `https://10.0.0.3:8200`. */
  address: string;
  /** How other Vaults reach it; the port after that of `address` by default. */
  clusterAddress?: string;
  etcd: {
    endpoints: readonly string[];
    /** Root of Vault's keys in etcd, `/vault/`. */
    prefix: string;
    /** Paths of PEM files. */
    ca: string;
    certificate: string;
    key: string;
  };
  listener: {
    /** Where it listens: `10.0.0.3` or `10.0.0.3:8200`; 8200 by default. */
    addresses: readonly string[];
    /** Paths of PEM files. */
    certificate: string;
    key: string;
    /** The CA, a PEM file, that must have signed the certificate of whoever connects; without it all may connect. */
    clientCa?: string;
  };
  clusterName: string;
}

/**
 * The configuration file of a boot server's Vault, for `vault server -config=FILE` with a name that ends in `.json`.
 * Decisions: TLS 1.3 alone, since all its clients support it; client certificates are requested, but only the log-in by
 * certificate uses them; no web page; metrics only with a token (Vault's default), and none sent anywhere; `mlock` off,
 * because the unit forbids swap (`MemorySwapMax=0`).
 *
 * https://developer.hashicorp.com/vault/docs/configuration, /storage/etcd, /listener/tcp
 *
 * @returns JSON text, the same for the same input.
 */
export function vaultConfiguration(wanted: VaultConfiguration): string {
  const { address, etcd, listener, clusterAddress = nextPort(wanted.address) } = wanted;
  return text({
    cluster_name: wanted.clusterName,
    api_addr: address,
    cluster_addr: clusterAddress,
    storage: {
      etcd: {
        etcd_api: 'v3',
        ha_enabled: 'true',
        address: etcd.endpoints.join(','),
        path: etcd.prefix,
        tls_ca_file: etcd.ca,
        tls_cert_file: etcd.certificate,
        tls_key_file: etcd.key,
      },
    },
    listener: listener.addresses.map((at) => ({
      tcp: {
        address: at.includes(':') ? at : `${at}:8200`,
        cluster_address: `${hostOf(at)}:${new URL(clusterAddress).port}`,
        tls_cert_file: listener.certificate,
        tls_key_file: listener.key,
        tls_min_version: 'tls13',
        ...(listener.clientCa === undefined
          ? {}
          : { tls_require_and_verify_client_cert: true, tls_client_ca_file: listener.clientCa }),
      },
    })),
    ...common,
  });
}

/**
 * The configuration of setup's temporary Vault, which signs the initial certificates: on the loopback only, in memory only, in
 * clear text (its traffic never leaves the kernel of this host), gone when it stops.
 *
 * @param wanted.directory an existing directory of its own, for its pid file.
 * @returns JSON text.
 */
export function temporaryVaultConfiguration(wanted: { port: number; directory: string }): string {
  const address = `127.0.0.1:${String(wanted.port)}`;
  return text({
    api_addr: `http://${address}`,
    pid_file: `${wanted.directory}/vault.pid`,
    storage: { inmem: {} },
    listener: [{ tcp: { address, tls_disable: true } }],
    disable_clustering: true,
    ...common,
  });
}

const common = { disable_mlock: true, ui: false, log_level: 'info', log_format: 'standard' };

function hostOf(at: string): string {
  return at.replace(/:[0-9]+$/, '');
}

function nextPort(address: string): string {
  const url = new URL(address);
  return `https://${url.hostname}:${String(Number(url.port === '' ? 443 : url.port) + 1)}`;
}

function text(configuration: object): string {
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}
