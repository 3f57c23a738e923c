import type { Application } from '../applications/application.ts'
import { type Exchange, tokenOf } from '../exchange/exchange.ts'
import type { ApplicationView, ExpressionVariables, RequestView, TokenView } from '../expressions/vocabulary.ts'
import type { AcceptedToken } from '../tokens/accepted-token.ts'
import { scopesOf } from '../tokens/claims.ts'

/** What expressions see of an exchange. */
export interface ExpressionViews {
  of(exchange: Exchange): ExpressionVariables
}

const NO_CLAIMS: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null))

/** Creates the views; those of a token and of an application are made once and reused. */
export function createExpressionViews(): ExpressionViews {
  const tokens = new WeakMap<AcceptedToken, TokenView>()
  const applications = new WeakMap<Application, ApplicationView>()
  return {
    of: exchange => {
      const { application } = exchange.facts
      const token = tokenOf(exchange.facts)
      return {
        claims: token?.claims ?? NO_CLAIMS,
        token: token === undefined ? null : remember(tokens, token, toTokenView),
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

function toTokenView(token: AcceptedToken): TokenView {
  const { issuer, authServer, audience, claims } = token
  const { kid, typ }: { kid?: string | undefined; typ?: string | undefined } =
    token.state === 'verified' ? token.header : {}
  return {
    ...(issuer === undefined ? {} : { issuer }),
    auth_server: authServer,
    audience: audience ?? [],
    scopes: [...scopesOf(claims)],
    ...(kid === undefined ? {} : { key_id: kid }),
    ...(typ === undefined ? {} : { type: typ }),
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
