"""EC2, ECS, ECR, Lambda, RDS.

Documentation: Service Authorization Reference, the pages of Amazon EC2, Amazon Elastic Container Service, Amazon
Elastic Container Registry, AWS Lambda and Amazon RDS.
"""

from __future__ import annotations

from lakewright.rehearse.aws.authorisation.needs import Table

EC2 = Table(
    "ec2",
    {
        "vpc/*": "CreateVpc",
        "vpc/{VpcId}": "DeleteVpc ModifyVpcAttribute CreateSubnet CreateSecurityGroup CreateRouteTable CreateNetworkAcl"
        " AttachInternetGateway DetachInternetGateway CreateVpcEndpoint DescribeVpcAttribute",
        "subnet/*": "CreateSubnet",
        "subnet/{SubnetId}": "DeleteSubnet ModifySubnetAttribute RunInstances AssociateRouteTable CreateNatGateway",
        "security-group/*": "CreateSecurityGroup",
        "security-group/{GroupId}": "DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress"
        " RevokeSecurityGroupIngress RevokeSecurityGroupEgress",
        "security-group/{SecurityGroupIds}": "RunInstances CreateVpcEndpoint",
        "route-table/*": "CreateRouteTable",
        "route-table/{RouteTableId}": "DeleteRouteTable CreateRoute DeleteRoute ReplaceRoute AssociateRouteTable",
        "route-table/{RouteTableIds}": "CreateVpcEndpoint",
        "vpc-endpoint/*": "CreateVpcEndpoint",
        "vpc-endpoint/{VpcEndpointId}": "ModifyVpcEndpoint",
        "vpc-endpoint/{VpcEndpointIds}": "DeleteVpcEndpoints",
        "internet-gateway/*": "CreateInternetGateway",
        "internet-gateway/{InternetGatewayId}": "DeleteInternetGateway AttachInternetGateway DetachInternetGateway",
        "natgateway/*": "CreateNatGateway",
        "natgateway/{NatGatewayId}": "DeleteNatGateway",
        "elastic-ip/*": "AllocateAddress",
        "elastic-ip/{AllocationId}": "ReleaseAddress CreateNatGateway",
        "network-acl/*": "CreateNetworkAcl",
        "network-acl/{NetworkAclId}": "DeleteNetworkAcl CreateNetworkAclEntry DeleteNetworkAclEntry"
        " ReplaceNetworkAclEntry",
        "vpc-flow-log/*": "CreateFlowLogs",
        "vpc-flow-log/{FlowLogIds}": "DeleteFlowLogs",
        "instance/*": "RunInstances",
        "instance/{InstanceIds}": "StartInstances StopInstances RebootInstances TerminateInstances",
        "instance/{InstanceId}": "ModifyInstanceAttribute GetConsoleOutput",
        "image/{ImageId}": "RunInstances",
        "key-pair/{KeyName}": "RunInstances CreateKeyPair ImportKeyPair DeleteKeyPair",
        "volume/*": "RunInstances CreateVolume",
        "volume/{VolumeId}": "DeleteVolume AttachVolume DetachVolume ModifyVolume",
        "network-interface/*": "RunInstances",
    },
)

ECS = Table(
    "ecs",
    {
        "cluster/{clusterName}": "CreateCluster",
        "cluster/{cluster}": "DeleteCluster UpdateCluster UpdateClusterSettings PutClusterCapacityProviders",
        "cluster/{clusters}": "DescribeClusters",
        "service/{cluster}/{serviceName}": "CreateService",
        "service/{cluster}/{service}": "UpdateService DeleteService",
        "service/{cluster}/{services}": "DescribeServices",
        "task-definition/{taskDefinition}": "RunTask StartTask DeregisterTaskDefinition",
        "task-definition/{family}:*": "RegisterTaskDefinition",
        "task/{cluster}/{task}": "StopTask",
        "task/{cluster}/{tasks}": "DescribeTasks",
        "{resourceArn}": "TagResource UntagResource ListTagsForResource",
    },
)

ECR = Table(
    "ecr",
    {
        "repository/{repositoryName}": "CreateRepository DeleteRepository PutLifecyclePolicy GetLifecyclePolicy"
        " DeleteLifecyclePolicy PutImageScanningConfiguration PutImageTagMutability SetRepositoryPolicy"
        " GetRepositoryPolicy DeleteRepositoryPolicy BatchCheckLayerAvailability BatchGetImage BatchDeleteImage"
        " GetDownloadUrlForLayer InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage DescribeImages"
        " ListImages StartImageScan DescribeImageScanFindings",
        "repository/{repositoryNames}": "DescribeRepositories",
        "{resourceArn}": "TagResource UntagResource ListTagsForResource",
    },
)

LAMBDA = Table(
    "lambda",
    {
        "function:{FunctionName}": "CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode"
        " UpdateFunctionConfiguration DeleteFunction Invoke InvokeAsync AddPermission RemovePermission GetPolicy"
        " PublishVersion ListVersionsByFunction CreateAlias UpdateAlias DeleteAlias GetAlias PutFunctionConcurrency"
        " DeleteFunctionConcurrency GetFunctionConcurrency GetFunctionCodeSigningConfig PutFunctionEventInvokeConfig",
        "{Resource}": "TagResource UntagResource ListTags",
    },
    renamed={"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"},
)

RDS = Table(
    "rds",
    {
        "db:{DBInstanceIdentifier}": "CreateDBInstance ModifyDBInstance DeleteDBInstance StartDBInstance StopDBInstance"
        " RebootDBInstance DescribeDBInstances CreateDBSnapshot",
        "subgrp:{DBSubnetGroupName}": "CreateDBInstance CreateDBSubnetGroup ModifyDBSubnetGroup DeleteDBSubnetGroup"
        " DescribeDBSubnetGroups",
        "pg:{DBParameterGroupName}": "CreateDBInstance CreateDBParameterGroup ModifyDBParameterGroup"
        " DeleteDBParameterGroup DescribeDBParameterGroups DescribeDBParameters",
        "snapshot:{DBSnapshotIdentifier}": "CreateDBSnapshot DeleteDBSnapshot DescribeDBSnapshots",
        "{ResourceName}": "AddTagsToResource RemoveTagsFromResource ListTagsForResource",
    },
)
