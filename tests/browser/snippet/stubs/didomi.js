/* Didomi: listeners wait in an array until the SDK has loaded, then the first notice is told before it is ready. */
(() => {
  const kept = stored('didomi');
  let choice = kept || { functional: false, statistics: false, marketing: false };
  const own = ownId(() => crypto.randomUUID());
  let visible = false;
  const sdk = {
    version: '1.0.0',
    notice: { isVisible: () => visible },
    isConsentRequired: () => true,
    shouldConsentBeCollected: () => !stored('didomi'),
    getCurrentUserStatus: () => ({
      user_id: own.id,
      regulation: 'gdpr',
      purposes: {
        functional: { id: 'functional', enabled: choice.functional },
        analytics: { id: 'analytics', enabled: choice.statistics },
        marketing: { id: 'marketing', enabled: choice.marketing },
      },
    }),
  };
  const listeners = [];
  const tell = (name) => listeners.filter(({ event }) => event === name).forEach(({ listener }) => listener({}));
  const banner = stub({
    id: 'didomi-notice',
    settingsId: 'didomi-preferences',
    choose(made) {
      choice = made;
      store('didomi', made);
      own.keep();
      visible = false;
      tell('notice.hidden');
      tell('consent.changed');
    },
    close() {
      visible = false;
      tell('notice.hidden');
    },
    open(again) {
      visible = !again;
      tell(again ? 'preferences.shown' : 'notice.shown');
    },
  });
  setTimeout(() => {
    listeners.push(...(window.didomiEventListeners || []));
    window.didomiEventListeners = { push: (...more) => listeners.push(...more) };
    window.Didomi = sdk;
    if (!kept) banner.show();
    (window.didomiOnReady || []).forEach((run) => run(sdk));
    window.didomiOnReady = { push: (run) => run(sdk) };
  }, 100);
})();
