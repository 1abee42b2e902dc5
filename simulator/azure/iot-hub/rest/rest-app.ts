/** Types of a fastify server that speaks HTTPS. */
import type { Server } from 'node:https';
import type { FastifyInstance, FastifyRequest, RouteGenericInterface } from 'fastify';

export type RestApp = FastifyInstance<Server>;

export type RestRequest<Route extends RouteGenericInterface = RouteGenericInterface> =
  FastifyRequest<Route, Server>;
