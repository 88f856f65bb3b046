"""IAM's names of services: botocore's, and those that no SDK has.

Documentation: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
"""

from __future__ import annotations

import functools

import botocore.loaders

_NOT_IN_SDKS = """
    a2c a4b access-analyzer account activate airflow-serverless aiops apprunner appfabric application-cost-profiler
    application-signals application-transformation arc-zonal-shift arsenal aws-marketplace aws-marketplace-management
    aws-portal awsconnector backup-gateway backup-storage bcm-dashboards bcm-data-exports bcm-pricing-calculator
    bcm-recommended-actions billing billingconductor cases cassandra chatbot cloudwatch codeartifact codecatalyst
    codeconnections codedeploy-commands-secure codewhisperer cognito-identity cognito-idp cognito-sync config
    connect-campaigns consoleapp consolidatedbilling cost-optimization-hub cur customer-verification dataexchange
    dataplane databrew dax dbqms deadline deepcomposer deepracer detective devops-guru discovery dlm docdb-elastic ds
    ds-data dynamodb ec2-instance-connect ec2messages ecr-public elasticache elasticbeanstalk elasticfilesystem
    elasticloadbalancing elasticmapreduce emr-containers emr-serverless events evidently execute-api fms freertos
    freetier glacier grafana groundtruthlabeling identity-sync identitystore identitystore-auth importexport
    invoicing iot-device-tester iotjobsdata iq iq-permission kafka kafka-cluster kendra-ranking kinesisanalytics
    lambda license-manager-linux-subscriptions license-manager-user-subscriptions logs lookoutmetrics mapcredits
    marketplacecommerceanalytics mechanicalturk mediaimport mobileanalytics mobilehub monitron networkmanager-chat
    notifications-contacts nova-act one opsworks-cm organizations partnercentral partnercentral-account-management
    payments pricing profile purchase-orders qdeveloper rbin rds-data rds-db redshift-data redshift-serverless
    resource-explorer resource-explorer-2 resource-groups rhelkb route53-recovery-cluster route53domains
    route53resolver s3 s3-object-lambda s3-outposts s3express s3tables s3vectors sagemaker-data-science-assistant
    sagemaker-geospatial sagemaker-groundtruth-synthetic sagemaker-mlflow schemas sdb securityhub serverlessrepo
    servicecatalog servicediscovery servicequotas ses shield signer signin simspaceweaver snow-device-management
    social-messaging sqlworkbench ssm ssm-contacts ssm-guiconnect ssm-incidents ssm-quicksetup ssm-sap ssmmessages sso
    sso-directory sso-oauth states storagegateway sts support-console supportapp supportplans supportrecommendations
    sustainability swf synthetics tag tax tiros transfer-family trustedadvisor ts uxc vendor-insights verified-access
    voiceid vpc-lattice vpc-lattice-svcs vpce wafv2 waf waf-regional wam wellarchitected wickr wisdom
    workmailmessageflow workspaces workspaces-web xray
"""


@functools.cache
def _sdk_names() -> frozenset[str]:
    """The SDK's own names: most are IAM's too, the others stand above."""
    return frozenset(botocore.loaders.Loader().list_available_services("service-2"))


PREFIXES: frozenset[str] = frozenset(_NOT_IN_SDKS.split()) | _sdk_names()
"""All that IAM may know."""
