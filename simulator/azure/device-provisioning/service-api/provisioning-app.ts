/** Types of the fastify server that speaks HTTPS. */
import type { Server } from 'node:https';
import type { FastifyInstance, FastifyRequest, RouteGenericInterface } from 'fastify';

export type ProvisioningApp = FastifyInstance<Server>;

export type ProvisioningRequest<Route extends RouteGenericInterface = RouteGenericInterface> =
  FastifyRequest<Route, Server>;
