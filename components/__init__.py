"""Components: what belongs together, made of resources.

A run that changes nothing makes no request of ours. Before something is made or changed, hooks look into Entra
(`caller`, `business_central_in_tenant`, `labels_in_custody`, `application`), and with `consent: manual` azuread looks
up the ids of permissions on other resources, in previews too (`required_resource_access`).
"""
