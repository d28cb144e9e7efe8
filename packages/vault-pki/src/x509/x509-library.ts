// The library's container for its algorithms asks for this polyfill before it is loaded.
import 'reflect-metadata';

export {
  Name,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509Crl,
} from '@peculiar/x509';
