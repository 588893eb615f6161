/* Google Consent Mode with a banner of nobody's: everything denied by default, then an update. */
(() => {
  window.dataLayer = window.dataLayer || [];
  window.gtag = function () { window.dataLayer.push(arguments); };
  const state = ({ functional, statistics, marketing }) => {
    const say = (granted) => (granted ? 'granted' : 'denied');
    return {
      ad_storage: say(marketing), ad_user_data: say(marketing), ad_personalization: say(marketing),
      analytics_storage: say(statistics), functionality_storage: say(functional), personalization_storage: say(functional),
    };
  };
  gtag('consent', 'default', { ...state({}), security_storage: 'granted', region: ['NO'], wait_for_update: 500 });
  gtag('js', new Date());
  const kept = stored('choice');
  if (kept) gtag('consent', 'update', state(kept));
  const banner = stub({
    id: 'mine',
    choose(choice) {
      store('choice', choice);
      gtag('consent', 'update', state(choice));
    },
  });
  if (!kept) banner.show();
})();
