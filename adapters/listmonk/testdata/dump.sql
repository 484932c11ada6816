--
-- PostgreSQL database dump
--

-- Dumped from database version 17.2
-- Dumped by pg_dump version 17.2

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Data for Name: bounces; Type: TABLE DATA; Schema: public; Owner: listmonk
--

COPY public.bounces (id, subscriber_id, campaign_id, type, source, meta, created_at) FROM stdin;
1	60	12	hard	api	{"some": "parameter"}	2026-03-02 10:00:12.851858+01
\.


COPY public.campaign_lists (id, campaign_id, list_id, list_name) FROM stdin;
1	12	1	Customers
2	12	\N	Deleted list
\.

COPY public.campaign_views (id, campaign_id, subscriber_id, created_at) FROM stdin;
7	12	77	2026-03-02 09:23:20.5+00
8	12	\N	2026-03-02 09:24:20.5+00
9	12	77
\.

COPY public.campaigns (id, uuid, name, subject, from_email, body, body_source, altbody, content_type, send_at, headers, status, tags, type, messenger, template_id, to_send, sent, max_subscriber_id, last_subscriber_id, archive, archive_slug, archive_template_id, archive_meta, started_at, created_at, updated_at) FROM stdin;
12	2f0c1f0a-0000-4000-8000-000000000001	Spring, 2026	20% off	Shop <shop@example.com>	<p>Hi {{ .Subscriber.FirstName }}!</p>\n\t<a href="https://www.example.com/demo@TrackLink">book a demo</a>\n	\N	\N	richtext	\N	[]	finished	{spring,"two words"}	regular	email	1	900	900	80	80	f	\N	\N	{}	2026-03-02 09:00:00.5+00	2026-03-01 13:37:13.20597+00	2026-03-02 09:05:00+00
\.

COPY public.link_clicks (id, campaign_id, link_id, subscriber_id, created_at) FROM stdin;
5	12	3	77	2026-03-02 09:25:07.123456+00
6	12	4	99	2026-03-02 09:26:07+00
\.

COPY public.links (id, uuid, url, created_at) FROM stdin;
3	2f0c1f0a-0000-4000-8000-000000000009	https://www.example.com/demo	2026-03-02 09:00:01+00
\.

COPY public.lists (id, uuid, name, type, optin, tags, description, created_at, updated_at) FROM stdin;
1	ce13e971-0000-4000-8000-000000000001	Customers	private	single	{test}		2025-10-03 13:37:13.175924+00	2025-10-03 13:37:13.175924+00
2	ce13e971-0000-4000-8000-000000000002	Prospects	public	double	{}		2025-10-03 13:37:13.178435+00	2025-10-03 13:37:13.178435+00
\.

COPY public.settings (key, value, updated_at) FROM stdin;
app.site_name	"Mailing list"	2025-10-03 13:37:12.80913+00
\.

COPY public.subscriber_lists (subscriber_id, list_id, meta, status, created_at, updated_at) FROM stdin;
77	1	{}	unconfirmed	2025-11-03 08:12:44+00	2025-11-03 08:12:44+00
77	2	{}	unsubscribed	2025-11-03 08:12:44+00	2026-03-02 09:30:00.5+00
\.

COPY public.subscribers (id, uuid, email, name, attribs, status, created_at, updated_at) FROM stdin;
77	8a2d3c11-0000-4000-8000-000000000002	ann@example.com	Ann	{"city": "Ghent", "note": "a \\"b\\""}	enabled	2025-11-03 08:12:44+00	2026-02-01 08:00:00.25+00
60	8a2d3c11-0000-4000-8000-000000000006	gone@example.com	Gone	{}	blocklisted	2025-11-03 08:12:44+00	2026-03-02 09:00:12+00
\.

--
-- PostgreSQL database dump complete
--

