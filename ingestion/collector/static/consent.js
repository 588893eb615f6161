/* Tells the collector what a consent banner asks and gets; before a choice it writes nothing. See docs/snippet.md.
   This is the source; consent.min.js is made from it by `make snippet`. */
(() => {
  const script = document.currentScript;
  const early = window.consentAnalytics;
  if (!script || (early && early.track)) return;
  const options = script.dataset;

  // Nothing that goes wrong in here reaches the page.
  const safe = (run) => (...given) => {
    try { return run(...given); } catch (error) { /* the page comes first */ }
  };
  const on = (target, names, run) => names.split(' ').map((name) => target.addEventListener(name, safe(run)));
  const uuid = () => crypto.randomUUID();
  const cookie = safe((name) => decodeURIComponent(`; ${document.cookie}`.split(`; ${name}=`)[1].split(';')[0]));
  // Names and values as an object; a name that comes again is true only if it is so each time.
  const every = (list, pair) => list.map(pair).reduce((all, [name, value]) =>
    ({ ...all, [name]: all[name] !== false && !!value }), {});

  /* Sending: a few events at a time, tried again from memory, given up without a sound. */

  let queue = [];
  let patience = 1e3;
  let timer;

  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(flush, delay);
  };
  const flush = safe(() => {
    const batch = queue;
    const again = () => {
      queue = [...batch, ...queue].slice(0, 60);
      later(patience *= 2);
    };
    queue = [];
    // As plain text the request needs no preflight; kept alive, it outlives the page.
    if (batch[0]) {
      fetch(new URL(options.endpoint || 'events', script.src), {
        method: 'POST',
        body: JSON.stringify(batch),
        keepalive: true,
        credentials: 'omit',
        signal: AbortSignal.timeout(1e4),
      }).then(({ status }) => status > 428 && again(), again); // too many requests, or the server's fault
    }
  });

  /* What is known on this page, in memory. */

  let signals = { gpc: navigator.globalPrivacyControl };
  let speaker = { rank: 0, cmp: 'gcm' }; // the hook that has the word
  let now; // when the signal that is being told was given
  let given; // the categories of the choice that stands
  let shown; // what is open before the visitor; a question has a prompt_id, preferences opened again have none
  let asked;
  let decided = 0;
  let own; // the subject, where the banner's platform has no id for it

  const emit = (kind, fields) => {
    const { prompt_id, notice_hash, layer } = shown || {};
    const event = {
      schema_version: 1,
      event_id: uuid(),
      kind,
      occurred_at: new Date(now).toISOString(),
      site: options.site || location.hostname,
      platform: options.platform,
      language: navigator.language,
      prompt_id,
      notice_hash,
      policy_version: options.policyVersion,
      banner: { id: options.bannerId, version: options.bannerVersion, variant: options.variant, layer },
      signals,
      source: { cmp: speaker.cmp, version: '1' },
      ...fields,
    };
    queue.push(event);
    later(1e3);
    return event;
  };

  // The subject of a choice: the id of the banner's platform, else one that is stored together with a choice.
  const identify = (id) => id && /^[\w-]{8,64}$/.test(id) ? id : own = cookie('consent_subject') || own || uuid();

  /* Storage on the device: names, kinds and lifetimes, never values. One observation is due at a time. */

  let due;
  let dueTimer;
  const item = (type, lifetime_s) => (name) => ({ name, type, party: 'first', lifetime_s });
  const keys = (area) => safe(() => Object.keys(window[area]))() || [];
  const lasting = ({ name, expires }) => // null is a session; browsers that tell no lifetime leave it open
    item('cookie', expires && Math.round((expires - Date.now()) / 1e3))(name);
  const look = safe((leaving) => {
    const fields = due;
    const at = Date.now();
    const tell = (cookies) => {
      if (!fields || due !== fields) return; // told already, or a choice was made meanwhile
      due = 0;
      now = at;
      emit('observation', {
        storage: [
          ...cookies,
          ...keys('localStorage').map(item('local_storage')),
          ...keys('sessionStorage').map(item('session_storage', null)),
        ].filter(({ name }) => name).slice(0, 100),
        ...fields,
      });
    };
    const plain = () => tell((safe(() => document.cookie)() || '').split('; ').map((pair) => item('cookie')(pair.split('=')[0])));
    if (leaving || !window.cookieStore) plain();
    else cookieStore.getAll().then((found) => tell(found.map(lasting)), plain);
  });
  const plan = (delay, fields) => {
    clearTimeout(dueTimer);
    due = fields;
    dueTimer = setTimeout(look, delay);
  };

  /* What can happen: the kinds of the contract, and what turns out to be one of them. */

  const grants = (categories) => Object.keys(categories)
    .filter((name) => !/^(stric|nec|ess)/.test(name)).map((name) => categories[name]);
  const same = (categories) => JSON.stringify(categories) === JSON.stringify(given);
  const acting = () => (navigator.userActivation || {}).isActive;
  let closing;

  const acts = {
    // A banner or its preferences came into view: a question, or, after a question or a choice, opened again.
    impression({ layer, text, categories, subject, ...fields }) {
      closing = clearTimeout(closing);
      if (shown) shown.layer = layer;
      if (shown || now - decided < 1e3) return;
      const view = shown = { layer, at: performance.now() };
      const first = !given && !asked;
      if (first) view.prompt_id = asked = uuid();
      const event = emit(first ? 'impression' : 'reopen', { surface: first ? undefined : 'preferences', ...fields });
      if (first) plan(1e3, { prompt_id: asked });
      text = text || inView().element.textContent;
      crypto.subtle.digest('SHA-256', new TextEncoder().encode(text.replace(/\s+/g, ' ').trim())).then((hash) => {
        event.notice_hash = view.notice_hash = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, 0)).join('');
      });
    },

    // It went out of view; a choice may still be on its way.
    hide() {
      closing = closing || setTimeout(acts.dismissal, 500);
    },

    dismissal(fields) {
      if (shown && shown.prompt_id) emit('dismissal', fields);
      shown = 0;
    },

    decision({ categories, subject, ...fields }) {
      if (!shown && same(categories) && now - decided < 1e3) return; // told twice
      const values = grants(categories);
      const any = values.some(Boolean);
      const asking = (shown || {}).prompt_id;
      const surface = asking ? 'banner' : shown || given ? 'preferences' : acting() ? 'banner' : 'external';
      subject = identify(subject);
      emit('decision', {
        subject,
        action: values.every(Boolean) ? 'accept_all' : any ? 'save'
          : given && grants(given).some(Boolean) ? 'withdraw' : 'reject_all',
        surface,
        method: surface === 'external' && signals.gpc ? 'signal' : undefined,
        categories,
        decision_ms: asking && Math.min(performance.now() - shown.at | 0, 864e5),
        ...fields,
      });
      given = categories;
      decided = now;
      shown = 0;
      plan(2e3, { subject, prompt_id: asking });
      if (subject === own) {
        document.cookie = `consent_subject=${own};max-age=15552000;path=/;samesite=lax;secure`;
      }
    },

    replay({ categories, subject, ...fields }) {
      if (!given) emit('replay', { subject: identify(subject), categories, ...fields });
      given = given || categories;
    },

    // A platform tells its state: a choice if the visitor was asked just now or it changed, else a stored one.
    state(fields) {
      acts[shown || given && !same(fields.categories) ? 'decision' : 'replay'](fields);
    },
  };
  acts.reopen = acts.impression;

  /* Who is heard. The hook that knows most has the word: 0 Consent Mode, 1 TCF, 2 a banner's own events, 3 track().
     What the others say of the same click is not told again. */

  let held = [];
  const settle = () => {
    held.map(([at, act, fields]) => {
      now = at;
      safe(acts[act])(fields);
    });
    held = [];
  };
  const claim = (cmp, rank = 2) => {
    if (rank < speaker.rank || rank === speaker.rank && cmp !== speaker.cmp) return;
    if (rank > speaker.rank) {
      held = [];
      given = shown = asked = 0;
    }
    return speaker = { rank, cmp };
  };
  const hear = (cmp, act, fields = {}, rank = 2) => {
    if (!claim(cmp, rank)) return;
    held.push([Date.now(), act, fields]);
    if (rank > 1) settle();
    else setTimeout(settle, 300);
  };

  /* Banners by their elements: what comes into view and goes. */

  const ELEMENTS = [
    ['onetrust', '#onetrust-banner-sdk', '#onetrust-pc-sdk'],
    ['cookiebot', '#CybotCookiebotDialog'],
    ['didomi', '#didomi-notice,#didomi-popup', '.didomi-consent-popup-preferences'],
    ['cookieyes', '.cky-consent-container', '.cky-modal-open'],
    ['cookieconsent', '.show--consent .cm', '.show--preferences .pm'],
    ['klaro', '.klaro .cookie-notice', '.klaro .cm-modal'],
    [0, options.banner, options.preferences],
  ];
  const visible = (selector) => [...document.querySelectorAll(selector)].find((element) => element.getClientRects()[0]);
  const inView = () => {
    for (const [cmp, first, second] of ELEMENTS) {
      const layer = visible(second) ? 'second' : 'first';
      const element = visible(second) || visible(first);
      if (element) return { cmp, layer, element };
    }
    return {};
  };
  let viewed;
  const watch = safe(() => {
    const { cmp, layer } = inView();
    if (layer === viewed) return;
    viewed = layer;
    hear(cmp || speaker.cmp, layer ? 'impression' : 'hide', { layer }, cmp ? 2 : speaker.rank);
  });

  /* Banners by what they tell. Each hook is tried until it has taken hold, since either side may load first. */

  const GROUPS = ['necessary', 'performance', 'functionality', 'marketing'];

  // TCF: a category needs every one of its purposes, as in the server's table.
  const PURPOSES = {
    necessary: [], functionality: [1, 5, 6, 11], performance: [1, 8, 9, 10], marketing: [1, 2, 3, 4, 7],
  };
  const tcf = () => {
    __tcfapi('addEventListener', 2, safe(({ eventStatus, gdprApplies, tcString, purpose }) => {
      if (gdprApplies === false) return;
      signals = { ...signals, tc_string: tcString || undefined };
      hear('tcf', { tcloaded: 'replay', cmpuishown: 'impression' }[eventStatus] || 'decision', {
        categories: every(Object.keys(PURPOSES), (name) => [name, PURPOSES[name].every((number) => purpose.consents[number])]),
      }, 1);
    }));
    return 1;
  };

  // Google Consent Mode: gtag pushes its `arguments` object. Usercentrics tells its state in the same place.
  const layered = safe((pushed) => {
    if (pushed.event === 'consent_status') return usercentrics(pushed.action, pushed.type, pushed.ucCategory);
    if (pushed[0] !== 'consent') return;
    const { region, wait_for_update, ...modes } = { ...signals.gcm, ...pushed[2] };
    const categories = every(Object.keys(modes), (key) =>
      [GROUPS[{ se: 0, an: 1, fu: 2, pe: 2, ad: 3 }[key.slice(0, 2)]], modes[key] === 'granted']);
    signals = { ...signals, gcm: modes };
    if (pushed[1] === 'update') hear('gcm', acting() ? 'decision' : 'state', { categories }, 0);
  });

  const onetrust = () => {
    const kept = new URLSearchParams(cookie('OptanonConsent'));
    return {
      count: +kept.get('interactionCount'),
      subject: kept.get('consentId'),
      categories: every(kept.get('groups').split(','), (group) => {
        const [code, value] = group.split(':');
        return [GROUPS[code.replace('C000', '') - 1] || code, value > 0];
      }),
    };
  };
  let count = (safe(onetrust)() || {}).count;
  const onetrustTold = safe(() => {
    const state = onetrust();
    if (state.count) hear('onetrust', state.count === count ? 'replay' : 'decision', state);
    count = state.count;
    return 1;
  });
  on(window, 'OneTrustGroupsUpdated', () => setTimeout(onetrustTold));

  const cookiebot = () => {
    const { consent, consentID, hasResponse } = Cookiebot;
    if (hasResponse) {
      hear('cookiebot', 'state', {
        subject: consentID,
        method: consent.method,
        categories: every(['necessary', 'preferences', 'statistics', 'marketing'], (name) => [name, consent[name]]),
      });
    }
    return 1;
  };
  on(window, 'CookiebotOnDialogDisplay', () => hear('cookiebot', 'impression', { layer: 'first' }));
  on(window, 'CookiebotOnAccept CookiebotOnDecline CookiebotOnConsentReady', cookiebot);

  const usercentrics = (told, type, categories) => {
    const chosen = /all(S|$)|save|upd/i.test(told);
    if (chosen || /expl/i.test(type)) {
      hear('usercentrics', chosen ? 'decision' : 'replay', {
        subject: safe(() => UC_UI.getControllerId())(),
        categories: every(Object.keys(categories), (name) => [name, categories[name]]), // null is some of its services
      });
    }
  };
  // Where no data layer is set up, the services tell the categories.
  const services = safe((told, type) => {
    usercentrics(told, type, every(UC_UI.getServicesBaseInfo(), ({ categorySlug, consent }) => [categorySlug, consent.status]));
  });
  on(window, 'UC_UI_CMP_EVENT UC_UI_VIEW_CHANGED', ({ detail: { type, source, view = source } }) => {
    if (type && type !== 'CMP_SHOWN') setTimeout(services, 200, type);
    else hear('usercentrics', /LAYER/.test(view) ? 'impression' : 'hide', { layer: /FIRST/.test(view) ? 'first' : 'second' });
  });

  const didomi = safe((act, layer) => {
    const { user_id, purposes } = Didomi.getCurrentUserStatus();
    hear('didomi', act, {
      layer,
      subject: user_id,
      categories: every(Object.keys(purposes), (purpose) => [purpose, purposes[purpose].enabled]),
    });
  });
  const listeners = window.didomiEventListeners = window.didomiEventListeners || [];
  [
    ['notice.shown', 'impression', 'first'],
    ['preferences.shown', 'impression', 'second'],
    ['notice.hidden', 'hide'],
    ['consent.changed', 'decision'],
  ].map(([event, act, layer]) => listeners.push({ event, listener: () => didomi(act, layer) }));
  (window.didomiOnReady = window.didomiOnReady || []).push(safe((sdk) => {
    if (sdk.isConsentRequired() && !sdk.shouldConsentBeCollected()) didomi('replay');
  }));

  const cookieyes = ({ isUserActionCompleted, consentID, categories }, event) => {
    if (isUserActionCompleted) hear('cookieyes', 'replay', { subject: consentID, categories });
    else if (event) hear('cookieyes', 'impression', { layer: 'first' });
    return 1;
  };
  on(document, 'cookieyes_banner_load', ({ detail }) => cookieyes(detail, 1));
  on(document, 'cookieyes_consent_update', ({ detail: { accepted, rejected } }) => hear('cookieyes', 'decision', {
    subject: safe(() => getCkyConsent().consentID)(),
    categories: every([...accepted, ...rejected], (name) => [name, accepted.includes(name)]),
  }));

  const orestbida = (act) => ({ detail: { cookie: { consentId, categories, services } } }) =>
    hear('cookieconsent', act, {
      subject: consentId,
      categories: every(Object.keys(services), (name) => [name, categories.includes(name)]),
    });
  on(window, 'cc:onFirstConsent cc:onChange', orestbida('decision'));
  on(window, 'cc:onConsent', orestbida('replay'));
  on(window, 'cc:onModalShow cc:onModalHide', () => tick());
  const orestbidaReady = () => {
    if (!window._ccRun) return;
    if (!shown) orestbida('replay')({ detail: { cookie: JSON.parse(cookie('cc_cookie')) } });
    return 1;
  };

  const klaroReady = () => {
    const manager = klaro.getManager();
    const told = (act) => {
      const pairs = manager.config.services.flatMap(({ name, purposes, required }) =>
        required ? [] : purposes.map((purpose) => [purpose, manager.consents[name]]));
      hear('klaro', act, { categories: every([['necessary', 1], ...pairs], (pair) => pair) });
    };
    if (manager.confirmed) told('replay');
    manager.watch({ update: safe((_, event) => event === 'saveConsents' && told('decision')) });
    return 1;
  };

  /* One's own banner: consentAnalytics.track(kind, fields), or .push([kind, fields]) before this has loaded. */

  const track = safe((kind, fields) => hear('custom', kind, fields, 3));
  const push = (call) => track(...call);
  window.consentAnalytics = { track, push };

  /* Beginning and end. */

  const hooks = {
    tcf,
    klaro: klaroReady,
    cookieconsent: orestbidaReady,
    onetrust: () => OneTrust && onetrustTold(),
    cookiebot,
    cookieyes: () => cookieyes(getCkyConsent()),
    usercentrics: () => UC_UI.isInitialized() && (UC_UI.isConsentRequired()
      ? hear('usercentrics', 'impression', { layer: 'first' }) : localStorage.uc_user_interaction && services('', 'explicit'), 1),
  };
  const tick = () => {
    Object.keys(hooks).map((cmp) => {
      if (safe(hooks[cmp])()) {
        delete hooks[cmp];
        if (cmp !== 'tcf') claim(cmp);
      }
    });
    watch();
  };
  const rounds = () => {
    tick();
    setTimeout(rounds, 200);
  };
  const leave = () => {
    settle();
    if (closing && shown) acts.dismissal();
    look(1);
    flush();
  };
  const start = safe(() => {
    const layers = window.dataLayer = window.dataLayer || [];
    const before = layers.push;
    layers.map(layered);
    layers.push = (...items) => {
      items.map(layered);
      return before.apply(layers, items);
    };
    if (early) early.map(push);
    rounds();
    on(window, 'pagehide visibilitychange', leave);
  });
  if (document.prerendering) on(document, 'prerenderingchange', start);
  else start();
})();
