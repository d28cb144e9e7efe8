/** The names that a certificate is requested for. */
export interface CertificateNames {
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
}
