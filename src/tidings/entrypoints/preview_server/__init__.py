"""A local web page that shows what an instance would publish and mail, after every edit."""
