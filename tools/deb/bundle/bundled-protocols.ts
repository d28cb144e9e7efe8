import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import protobuf from 'protobufjs';
import { repository } from '../source-key.ts';

const protocols = join(repository, 'node_modules/etcd3/proto/rpc.proto');

/**
 * Gives etcd3 its protocol as it was read when the bundle was made, and its messages when they are first used. Of itself it
 * reads three files at each start and makes descriptions of all messages for who asks by reflection, which nobody does here:
 * a third of what loading etcd3 takes.
 *
 * What stands in for the loader gives what `loadPackageDefinition` wants, as `createPackageDefinition` of it does.
 *
 * @see https://github.com/grpc/grpc-node/blob/master/packages/proto-loader/src/index.ts
 */
export const bundledProtocols: Plugin = {
  name: 'bundled-protocols',
  setup(build) {
    const namespace = 'protocols';
    build.onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ path, importer }) =>
      importer.includes('node_modules/etcd3/') ? { path, namespace } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace }, () => ({
      contents: `${standIn}(${JSON.stringify(JSON.stringify(readProtocols()))});`,
      resolveDir: repository,
    }));
  },
};

function readProtocols(): protobuf.INamespace {
  return new protobuf.Root().loadSync(protocols, { keepCase: true }).toJSON();
}

const standIn = `
const { Root, Service, Type, Reader, Writer, converter, decoder, encoder, util, verifier } = require('protobufjs/light');

// protobufjs makes all five functions of a message when the first is used; most messages need two, and making them is the
// larger part of a short command's work with etcd.
Type.prototype.setup = function () {
  const types = this.fieldsArray.map((field) => field.resolve().resolvedType);
  const makers = {
    encode: () => encoder(this)({ Writer, types, util }),
    decode: () => decoder(this)({ Reader, types, util }),
    verify: () => verifier(this)({ types, util }),
    fromObject: () => converter.fromObject(this)({ types, util }),
    toObject: () => converter.toObject(this)({ types, util }),
  };
  for (const [name, make] of Object.entries(makers))
    this[name] = (...args) => (this[name] = make()).apply(this, args);
  return this;
};

const methodOf = (method, service, options) => {
  const types = () => method.resolve();
  const encode = (type, message) => type.encode(type.fromObject(message)).finish();
  const decode = (type, bytes) => type.toObject(type.decode(bytes), options);
  return {
    path: '/' + service + '/' + method.name,
    requestStream: !!method.requestStream,
    responseStream: !!method.responseStream,
    requestSerialize: (message) => encode(types().resolvedRequestType, message),
    requestDeserialize: (bytes) => decode(types().resolvedRequestType, bytes),
    responseSerialize: (message) => encode(types().resolvedResponseType, message),
    responseDeserialize: (bytes) => decode(types().resolvedResponseType, bytes),
    originalName: method.name[0].toLowerCase() + method.name.slice(1),
  };
};

const servicesOf = (namespace, options) =>
  namespace.nestedArray.flatMap((inner) => {
    if (!(inner instanceof Service)) return inner.nestedArray === undefined ? [] : servicesOf(inner, options);
    const name = inner.fullName.slice(1);
    const methods = inner.methodsArray.map((method) => [method.name, methodOf(method, name, options)]);
    return [[name, Object.fromEntries(methods)]];
  });

const load = (json) => {
  const root = Root.fromJSON(JSON.parse(json));
  exports.loadSync = (_, options) => Object.fromEntries(servicesOf(root, options));
};
load`;
