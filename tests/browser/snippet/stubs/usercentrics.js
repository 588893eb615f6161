/* Usercentrics 2: its banner is in a shadow root, and "shown" is told when preferences are opened again, too. */
(() => {
  const host = document.createElement('div');
  host.id = 'usercentrics-root';
  document.body.append(host);
  const kept = stored('uc_settings');
  const own = ownId(() => crypto.randomUUID().replace(/-/g, '').repeat(2));
  let choice = kept || { functional: false, statistics: false, marketing: false };
  window.UC_UI = {
    isInitialized: () => true,
    isConsentRequired: () => !stored('uc_settings'),
    getControllerId: () => own.id,
    getServicesBaseInfo: () => [
      { categorySlug: 'essential', consent: { status: true } },
      { categorySlug: 'functional', consent: { status: choice.functional } },
      { categorySlug: 'statistics', consent: { status: choice.statistics } },
      { categorySlug: 'marketing', consent: { status: choice.marketing } },
      { categorySlug: 'marketing', consent: { status: choice.marketing } },
    ],
  };
  const fire = (name, detail) => window.dispatchEvent(new CustomEvent(name, { detail }));
  const status = (action, type) => window.dataLayer && window.dataLayer.push({
    event: 'consent_status', action, type, 'Service One': choice.statistics, ucCategory: { essential: true, ...choice },
  });
  let layer = 'FIRST_LAYER';
  const banner = stub({
    parent: host.attachShadow({ mode: 'open' }),
    choose(made, how) {
      choice = made;
      store('uc_settings', made);
      own.keep();
      localStorage.setItem('uc_user_interaction', 'true');
      fire('UC_UI_CMP_EVENT', { source: layer, type: { accept: 'ACCEPT_ALL', reject: 'DENY_ALL', save: 'SAVE' }[how] });
      status({ accept: 'onAcceptAllServices', reject: 'onDenyAllServices', save: 'onUpdateServices' }[how], 'EXPLICIT');
      fire('UC_UI_VIEW_CHANGED', { previousView: layer, view: 'PRIVACY_BUTTON' });
    },
    close: () => fire('UC_UI_VIEW_CHANGED', { previousView: layer, view: 'PRIVACY_BUTTON' }),
    open(again) {
      layer = again ? 'SECOND_LAYER' : 'FIRST_LAYER';
      fire('UC_UI_VIEW_CHANGED', { previousView: 'NONE', view: layer });
      fire('UC_UI_CMP_EVENT', { source: layer, type: 'CMP_SHOWN' });
    },
  });
  fire('UC_UI_INITIALIZED');
  status('onInitialPageLoad', kept ? 'EXPLICIT' : 'IMPLICIT');
  if (!kept) banner.show();
})();
