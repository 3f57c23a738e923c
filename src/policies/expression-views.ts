import type { Application } from '../applications/application.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { ApplicationView, ExpressionVariables, RequestView, TokenView } from '../expressions/vocabulary.ts'
import { scopesOf } from '../tokens/claims.ts'
import type { VerifiedJwt } from '../tokens/jwt.ts'

/** What expressions see of an exchange. */
export interface ExpressionViews {
  of(exchange: Exchange): ExpressionVariables
}

const NO_CLAIMS: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null))

/** Creates the views; those of a token and of an application are made once and reused. */
export function createExpressionViews(): ExpressionViews {
  const tokens = new WeakMap<VerifiedJwt, TokenView>()
  const applications = new WeakMap<Application, ApplicationView>()
  return {
    of: exchange => {
      const { jwt, application } = exchange.facts
      return {
        claims: jwt?.claims ?? NO_CLAIMS,
        token: jwt === undefined ? null : remember(tokens, jwt, toTokenView),
        request: toRequestView(exchange),
        application: application === undefined ? null : remember(applications, application, toApplicationView),
      }
    },
  }
}

function remember<K extends object, V>(known: WeakMap<K, V>, key: K, make: (key: K) => V): V {
  let view = known.get(key)
  if (view === undefined) {
    view = make(key)
    known.set(key, view)
  }
  return view
}

function toTokenView({ issuer, authServer, audience, claims, header }: VerifiedJwt): TokenView {
  return {
    issuer,
    auth_server: authServer,
    audience: audience ?? [],
    scopes: [...scopesOf(claims)],
    ...(header.kid === undefined ? {} : { key_id: header.kid }),
    ...(header.typ === undefined ? {} : { type: header.typ }),
  }
}

function toApplicationView({ id, name, owner, tier, apis }: Application): ApplicationView {
  return {
    id,
    name,
    ...(owner === undefined ? {} : { owner }),
    ...(tier === undefined ? {} : { tier }),
    apis: [...apis],
  }
}

function toRequestView({ head, route, parameters }: Exchange): RequestView {
  return {
    method: head.method,
    path: head.path,
    scheme: head.scheme,
    host: head.host,
    client_address: head.clientAddress,
    parameters,
    api: route.api,
    ...(route.version === undefined ? {} : { version: route.version }),
    route: route.template,
  }
}
